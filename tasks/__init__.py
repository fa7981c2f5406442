"""One Prefect task a step: a call into `ownvoice`, its logging, its cache key."""
