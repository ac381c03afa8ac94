// What ThreadSanitizer must not report. RocksDB comes as a library that is not instrumented, so the atomics with which
// its memtable lets one thread read what another appends are not seen; nor those by which its threads hand the contexts
// of zstd to each other. Linked into the programs that use RocksDB.
#ifdef __SANITIZE_THREAD__

extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() { return "race:librocksdb.so\nrace:libzstd.so\n"; }

#endif
