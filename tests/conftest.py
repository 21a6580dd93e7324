"""What every test needs."""

import mtcp_mm  # noqa: F401  # installs the stand-in for mmcv._ext before a test imports mmseg
