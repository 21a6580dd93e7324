"""What the tools share: arguments, errors and how a tool ends."""
