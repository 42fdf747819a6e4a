// The door to libyaml (https://pyyaml.org/wiki/LibYAML): nothing but its header, which explains it.
#pragma once
#include <yaml.h>
