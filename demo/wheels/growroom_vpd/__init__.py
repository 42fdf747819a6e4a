"""Vapour pressure deficit: how hard the air pulls at the leaves."""

import math


def vapour_pressure_deficit(celsius, humidity):
    """In kilopascals, after Tetens."""
    saturated = 0.61078 * math.exp(17.27 * celsius / (celsius + 237.3))
    return round(saturated * (1 - humidity / 100), 4)
