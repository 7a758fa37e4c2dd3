"""The stages by hand, one after the other, as their --help shows."""

import json
import re
import shlex
import shutil
import struct
import sys
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

