"""The auditors' report: from the ledger's bodies to one self-contained page, a workbook and a signed file."""
