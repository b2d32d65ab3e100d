"""`python -m config.faults`: would production start with this environment?"""

import sys

from config.faults import production_faults, refuse_to_start

refuse_to_start(production_faults())
sys.stdout.write("Production would start with these settings.\n")
