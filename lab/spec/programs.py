"""What a worker in another language does not have, said before anything is run."""

from __future__ import annotations

from lab.spec.model import ServiceSpec, TrialSpec
from lab.trial.requests import RequestShape
from strategies.catalogue import parse


def not_served(trial: TrialSpec) -> str | None:
    """Say in one line what of a trial its strategy cannot serve; None: it serves all of it.

    Raises
    ------
    UsageError
        An unknown strategy.
    """
    facts, service, usual = parse(trial.strategy).layout_facts, trial.service, ServiceSpec()
    wanted = {
        f"store {service.store}": service.store != usual.store,
        f"commit {service.commit}": service.commit != usual.commit,
        "objects, bursts and cycles of requests": trial.workload.request != RequestShape(),
    }
    asked = next((what for what, differs in wanted.items() if differs), None)
    if not facts.program or asked is None:
        return None
    return (
        f"{trial.strategy}: {asked}: for strategies in Python only; {facts.name} has a store in "
        "memory, inline commits, and requests that leave nothing behind"
    )
