"""The commands, by what they are for. Each only says what is typed; what it does stands in a module of its own."""
