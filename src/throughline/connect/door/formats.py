"""Which endings of names say which format. ``.gz`` behind any of them means packed by gzip."""

TEXT = (".csv", ".tsv")
WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
JSON = (".json", ".jsonl", ".ndjson", ".geojson")
JSON_LINES = (".jsonl", ".ndjson")
XML = (".xml",)
