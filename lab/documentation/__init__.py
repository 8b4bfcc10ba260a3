"""Writes the documentation: no figure in it is typed by hand.

Whole pages are generated (``docs/strategies.md``, ``validity.md``, ``commands.md``,
``experiments.md`` and ``images/README.md`` with the images that it lists). In every other page,
and in ``README.md``, what stands between two marks is. A block of lines:

    <!-- figures: gclab report RUN -->             the tables of a run
    <!-- figures: gclab report RUN --details -->   those of --details
    <!-- figures: gclab reproduce --judge RUN -->  the claims and their verdicts
    <!-- figures: evidence RUN -->                 every claim with all that was measured
    <!-- figures: about RUN -->                    date, machine and command
    ...
    <!-- end of figures -->

and a single figure within a sentence:

    <!-- figure: RUN LABEL METRIC -->24 ms<!-- end -->
    <!-- figure: RUN LABEL METRIC against LABEL -->37 times<!-- end -->
    <!-- figure: RUN claim:L1 0 -->37 times<!-- end -->
    <!-- figure: RUN claim:L1 verdict -->reproduced<!-- end -->

RUN is a run's folder, from the root of the checkout; LABEL a strategy as the run's tables name it
(in quotes where it has spaces); METRIC any name that claims may use (`lab.findings.metrics`); the
number after a claim is that of its test, as in the claim's sentences. With ``interval`` at the end
the 95% interval is written behind the value.
"""

from lab.documentation.build import Outcome, check, write
from lab.documentation.checkout import Checkout

__all__ = ["Checkout", "Outcome", "check", "write"]
