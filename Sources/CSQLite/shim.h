// The door to SQLite (https://www.sqlite.org/c3ref/intro.html): nothing but its header.
#pragma once
#include <sqlite3.h>
