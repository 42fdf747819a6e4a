// The door to libarchive (https://www.libarchive.org, libarchive(3)): nothing but its headers.
#pragma once
#include <archive.h>
#include <archive_entry.h>
