"""``python -m throughline`` is the ``throughline`` command."""

import sys

from throughline.cli import main

sys.exit(main())
