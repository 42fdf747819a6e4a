// The door to Zstandard (its manual, zstd.h; the format is RFC 8878): nothing but its stable functions.
#pragma once
#include <zstd.h>
#include <zstd_errors.h>
