// libfuse 3, for the tests' block log: nothing of the product uses it.
#pragma once
#define FUSE_USE_VERSION 35
#include <fuse.h>
