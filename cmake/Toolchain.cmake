# Warnings are errors; sanitizers by preset (BANDWIDTH_SANITIZE); ccache and mold are used where they are.

set(BANDWIDTH_SANITIZE "" CACHE STRING "Sanitizers: address;undefined or thread; empty for none")
set(BANDWIDTH_BIN_DIR "${CMAKE_BINARY_DIR}/bin" CACHE PATH "Where programs are left")

find_program(ccache_program ccache)
if(ccache_program)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ccache_program})
endif()

add_library(bw_toolchain INTERFACE)
target_compile_options(bw_toolchain INTERFACE -Wall -Wextra -Wconversion -Wswitch-enum -Wshadow -Werror)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false positives of these inside the standard library and Asio at -O2.
  target_compile_options(bw_toolchain INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-dangling-pointer
                                                 -Wno-mismatched-new-delete)
endif()

# simdjson needs SSE4.2 and carry-less multiplication for its fast on-demand kernel; any x86-64 since 2010 has
# both. The choice is global, since the kernel is chosen by macros in headers.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  add_compile_options(-march=x86-64-v2 -mpclmul)
endif()

if(BANDWIDTH_SANITIZE)
  string(REPLACE ";" "," sanitizers "${BANDWIDTH_SANITIZE}")
  add_compile_options(-fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${sanitizers})
  if("thread" IN_LIST BANDWIDTH_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)  # Asio uses fences, which GCC's TSan does not model
  endif()
endif()

find_program(mold_program mold)
if(mold_program)
  add_link_options(-fuse-ld=mold)
endif()
