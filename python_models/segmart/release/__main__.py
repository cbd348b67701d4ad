"""Go back to an older release: ``python -m segmart.release serve/dev RELEASE``."""

import sys
from pathlib import Path

from segmart import SegmentationError
from segmart.release.publish import go_back

if len(sys.argv) != 3:
    raise SystemExit("usage: python -m segmart.release FOLDER RELEASE")
if not Path(sys.argv[1]).is_dir():
    raise SystemExit(f"there are no releases in {sys.argv[1]}: name the folder serve/TARGET")
try:
    go_back(Path(sys.argv[1]), sys.argv[2])
except SegmentationError as error:
    raise SystemExit(str(error)) from None
