# Libraries of Debian 12, as targets. Headers of libraries are system headers: their warnings are not ours.

find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(RocksDB 7.8 REQUIRED)
find_package(CapnProto 0.9 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS url)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(simdjson 3 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(yaml-cpp 0.7 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(prometheus-cpp REQUIRED)  # the Debian package states no version
find_package(PkgConfig REQUIRED)

# The shared library: the static one would want every compression library of RocksDB again.
add_library(bw_rocksdb INTERFACE)
target_link_libraries(bw_rocksdb INTERFACE RocksDB::rocksdb-shared)

# Asio and Beast are header-only; the macros choose the C++20 subset that the project uses.
add_library(bw_boost INTERFACE)
target_link_libraries(bw_boost INTERFACE Boost::headers Boost::url OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
target_compile_definitions(bw_boost INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_COROUTINE)
