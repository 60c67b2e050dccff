"""What every feature stands on and no feature owns: access marks, transactions, the clock, columns, signals."""
