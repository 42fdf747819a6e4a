"""Units, the way growers on both sides of the ocean say them."""


def celsius_to_fahrenheit(celsius):
    return round(celsius * 9 / 5 + 32, 3)


def dew_point(celsius, humidity):
    """Lawrence's rule of thumb; good to a degree above 50 % humidity."""
    return round(celsius - (100 - humidity) / 5, 3)
