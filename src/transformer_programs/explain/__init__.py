"""Why a program says what it says: exact sums of its integer weights, no estimates."""
