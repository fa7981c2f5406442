"""What is stored of a run, by what it is about; `ownvoice.records.run.RunRecord` is the whole.

Every model here is frozen and round-trips through JSON. Times are ISO 8601 in UTC, durations are
seconds, sizes are bytes, losses are nats per token.
"""
