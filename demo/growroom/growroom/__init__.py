"""Climate control of one grow room: sensors in, heater and pump out, everything written down."""
