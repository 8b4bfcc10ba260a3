"""The answer to the suite's question in one sentence, from the verdicts of the claims behind it.

Does a garbage collector do to a Python service what it did to the one in the case study (L1, in
which rhythm: L2), why (L6), and what helps (L8)? Each part says what its own claim came to, and
nothing that was not decided is said as if it were.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lab.findings.judging import written
from lab.findings.model import NOT_TESTED, Finding, Verdict
from lab.report.findings import counted

Part = Callable[[Finding], str]
_LEADS: dict[str, str] = {Verdict.REPRODUCED: "Yes", Verdict.REFUTED: "No"}


def suite_answer(findings: Sequence[Finding]) -> str:
    """Return the sentence; "" where none of the claims behind it was decided."""
    by_name = {finding.claim.name: finding for finding in findings}
    asked = [(by_name[name], say) for name, say in _PARTS.items() if name in by_name]
    decided = [each for each, _ in asked if each.verdict != Verdict.INCONCLUSIVE]
    if not decided:
        return ""
    said = "; ".join(f"{say(each)} ({each.claim.name})" for each, say in asked)
    first = by_name.get("L1")
    lead = _LEADS.get(first.outcome, "It is open") if first else "In part"
    return f"{lead}: {said}; of {len(findings)} claims {counted(findings)}."


def _spikes(finding: Finding) -> str:
    if finding.verdict == Verdict.REPRODUCED:
        one = finding.decisive
        return (
            "a large cache that is updated has the spikes, and it takes both: its "
            f"{one.test.metric} is {written(one.value, one.unit)} that of a small one"
        )
    if finding.verdict == Verdict.REFUTED:
        return "the spikes do not take a large cache and many updates together"
    return _open(finding, "whether a large cache under updates has the spikes")


def _rhythm(finding: Finding) -> str:
    if finding.verdict == Verdict.REPRODUCED:
        return "they come in the rhythm that the collector's own rules predict"
    if finding.verdict == Verdict.REFUTED:
        return "they do not come in the rhythm that the collector's rules predict"
    return _open(finding, "their rhythm")


def _why(finding: Finding) -> str:
    if finding.verdict == Verdict.REPRODUCED:
        return "because it walks every live entry, for memory that it need not walk has none"
    if finding.verdict == Verdict.REFUTED:
        return "not because it walks the entries, for memory that it need not walk has them too"
    return _open(finding, "whether walking the entries is why")


def _ways_out(finding: Finding) -> str:
    helping = [one for one in finding.tested if one.verdict == Verdict.REPRODUCED]
    values = [(one.value, one.test.metric) for one in helping if one.value is not None]
    most = ""
    if values:
        value, metric = max(values)
        most = f", to {written(value, 'share')} of its {metric} or less"
    if finding.verdict == Verdict.REPRODUCED:
        return f"each way out that was tried shortens the tail{most}"
    if finding.verdict == Verdict.REFUTED:
        return f"{len(helping)} of {len(finding.tested)} ways out shorten the tail{most}"
    return _open(finding, "which way out helps")


def _open(finding: Finding, what: str) -> str:
    return f"{what} was {'not tested' if finding.outcome == NOT_TESTED else 'not decided'}"


_PARTS: dict[str, Part] = {"L1": _spikes, "L2": _rhythm, "L6": _why, "L8": _ways_out}
"""By the claim, in the order of the sentence."""
