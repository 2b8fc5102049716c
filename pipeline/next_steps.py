"""The next step for a batch or a version that waits, and in what words a state is told."""

from __future__ import annotations

from warehouse.batch import Batch

NEXT_STEPS = {
    "opening": "cityhub land {department}",
    "landed": "cityhub standardise {department}",
    "standardised": "cityhub validate {department}, cityhub commit {department}",
    "held": "cityhub replay {batch} | release {batch} | refuse {batch}",
}
VERSION_STEPS = {  # by how far a version has come: what goes on with it; linking gives one up that has only been linked
    "open": "cityhub link, cityhub survive, cityhub publish",
    "linked": "cityhub survive, cityhub publish",
    "survived": "cityhub publish",
    "applying": "cityhub publish",
}
STATE_WORDS = {
    "opening": "落地中 opening",
    "landed": "已落地 landed",
    "standardised": "已标准化 standardised",
    "held": "暂挂 held",
    "accepted": "已接受 accepted",
    "refused": "已拒绝 refused",
    "never read": "从未读取 never read",
    "broken contract": "契约有误 broken contract",
    "failing": "失败 failing",
}


def next_step(batch: Batch) -> str:
    """Return the command that takes the batch further; "" for one that is accepted or refused."""
    step = NEXT_STEPS.get(batch.state, "")
    return step.format(department=batch.department, batch=batch.id)
