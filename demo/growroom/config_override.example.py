# Copy to config_override.py. What is set here wins over the crop and over the database.
# TARGET_TEMPERATURE = 23.5
# TARGET_HUMIDITY = 60
# LANGUAGE = "de"
