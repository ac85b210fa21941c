"""Are the verdicts right? False alarms and power of every rule, beside what other tools do, on the same data."""
