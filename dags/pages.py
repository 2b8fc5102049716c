"""The page of each DAG, for whoever opens it at night: what it does, how to triage, where the logs are."""

# ruff: noqa: E501 - a row of a Markdown table cannot be broken

from __future__ import annotations

from schemas.city import City
from schemas.contract import Contract, TableContract
from schemas.errors import ConfigurationError

_LOGS = """### 日志 Where the logs are
每个任务的 **Logs** 页；文件在 `AIRFLOW_HOME/logs/dag_id={dag}/`。 The **Logs** tab of each task; files below
`AIRFLOW_HOME/logs/dag_id={dag}/`. Events are one JSON object a line, with references and counts, no personal values.
"""

_DEPARTMENT = """## {label} `{name}`
**做什么 What it does.** 抽取 {owner} 的 {count} 张表，标准化、把关、入库，然后唤醒全市任务。 Reads {count} table(s) through
connection `{connection}`, turns the rows into statements, puts them before the gate and takes what passes; its asset
then wakes the DAG `hub`. 依据 basis: {basis}

| table | key | reads | emits |
| --- | --- | --- | --- |
{tables}

**何时 When.** `{cron}`{window}. A scheduled run outside the hours is skipped; a run by hand may always read.

### 排障 How to triage
| the task fails with | it means | do |
| --- | --- | --- |
| `SourceUnreachable`, `SourceBusy` | the department's server is down or locked | nothing: it is tried again; after the last try call {owner} |
| `SourceRefused` | wrong password, no permission | renew connection `{connection}`, then clear the task |
| `SourceDrift` | a table or column came or went; the message has the difference | agree with {owner}, edit the contract |
| `SourceDamaged` | wrong encoding, truncated or dangerous file | ask {owner} for a sound copy |
| `Unbalanced` | rows or statements went missing | stop: this is a fault of the hub, tell its engineers |
| `FenceLost` | a newer run took over | nothing |
| task killed, no error in the log | the process died (memory, restart) | nothing: it is tried again from the start of the task |

Nothing is half written: a failed task leaves the watermark and the statements as they were. A batch that the gate
holds is kept, not lost; it is neither extracted again nor published.

{logs}"""

_HUB = """## {label} `hub`
**做什么 What it does.** 把各部门已入库的批次归并成一个全市版本：关联、择优、发布、报告。 Takes the batches that {count} departments have
committed into one version of the golden dataset: link, survive, publish, report. `report`
judges what stands by every rule and writes `report/latest/report.html` for the auditors.

**何时 When.** 任一部门入库之后，以及每天 after any department commits, and every day at `{cron}` ({timezone}). A department that is
down is simply not in the version; its records stay as they were.

### 排障 How to triage
| the task fails with | it means | do |
| --- | --- | --- |
| `PublishRefused` | the audit of the staged version failed | readers still see the last good version; look at the reasons in the message |
| `LakeConflict`, `LedgerBusy` | another writer came first | nothing: it is tried again |
| `LakeKeyMissing` | the lake is without the key that made its ids | restore `city.key`; never make a new one |
| `Unbalanced` | the ledger does not add up | stop: nothing is published |
| task killed, no error in the log | the process died | nothing: the same version is taken up again |

{logs}"""

_BROKEN = """## `{name}`: 契约有误 broken contract
**这个部门没有运行，其他部门照常。 This department does not run; the others do.**

```
{mistake}
```

### 排障 How to triage
Edit `{file}` line {line}; the DAG comes back by itself when the file can be read.

{logs}"""


def department_page(contract: Contract) -> str:
    """Return the page of a department's DAG."""
    window = f", 时段 hours {contract.schedule.window}" if contract.schedule.window else ""
    return _DEPARTMENT.format(
        label=contract.label,
        name=contract.department,
        owner=contract.owner,
        count=len(contract.tables),
        connection=contract.connection,
        basis=contract.basis,
        tables="\n".join(_table_line(table) for table in contract.tables),
        cron=contract.schedule.cron,
        window=window,
        logs=_LOGS.format(dag=f"department_{contract.department}"),
    )


def hub_page(city: City) -> str:
    """Return the page of the hub DAG."""
    return _HUB.format(
        label=city.label,
        count=len(city.departments),
        cron=city.hub_schedule,
        timezone=city.timezone,
        logs=_LOGS.format(dag="hub"),
    )


def broken_page(name: str, mistake: ConfigurationError) -> str:
    """Return the page of the DAG that stands in for a contract with a mistake."""
    logs = _LOGS.format(dag=f"department_{name}")
    return _BROKEN.format(name=name, mistake=mistake, file=mistake.file.name, line=mistake.line, logs=logs)


def _table_line(table: TableContract) -> str:
    reads = f"what moved since `{table.cursor.column}`" if table.cursor else "all of it"
    emits = ", ".join(f"{emit.name} ({emit.entity})" for emit in table.emit)
    return f"| `{table.name}` | {', '.join(table.key)} | {reads} | {emits} |"
