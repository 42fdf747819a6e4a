// The door to libsodium (https://doc.libsodium.org): nothing but its header, which explains it.
#pragma once
#include <sodium.h>
