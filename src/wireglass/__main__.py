"""``python -m wireglass`` is ``wireglass``."""

import sys

from wireglass.cli import main

sys.exit(main())
