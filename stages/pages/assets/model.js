// What Python wrote into the page: the trained networks and some test images.
"use strict";

const IS_QUANTISED = DATA.networks[0][0].scale !== undefined;
DATA.networks = DATA.networks.map((layers) => parseNetwork(layers.map(parseLayer), DATA));
DATA.novelty = parseNovelty(DATA.novelty);
const IMAGES = DATA.images.map((image) => ({ ...image, pixels: decodeBytes(image.pixels) }));
