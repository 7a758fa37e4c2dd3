"""The league: seconds of training until a test accuracy is reached, ours and others'."""
