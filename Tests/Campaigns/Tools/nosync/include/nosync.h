// Nothing is called by name: the library is preloaded (ld.so(8), LD_PRELOAD).
