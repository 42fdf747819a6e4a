// The door to libzstd (RFC 8878): nothing but its header.
#pragma once
#include <zstd.h>
