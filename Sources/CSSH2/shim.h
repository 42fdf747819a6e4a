// The door to libssh2 (https://libssh2.org/docs.html): its headers, and the macros Swift cannot call.
#pragma once
#include <libssh2.h>
