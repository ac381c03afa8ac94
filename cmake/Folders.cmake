# The include rules of docs/architecture.md hold by construction. There is no include path to the root of the
# repository: each target exports a folder of links to its own headers, and sees those of the targets it links.

# bw_library(NAME FOLDER folder [HEADERS ...] [SOURCES ...] [DEPENDS ...] [PRIVATE_DEPENDS ...])
#   HEADERS          headers of FOLDER that users of the target may include, as <FOLDER>/<header>
#   SOURCES          .cpp files of FOLDER
#   DEPENDS          targets whose headers appear in HEADERS
#   PRIVATE_DEPENDS  targets that only the SOURCES need
function(bw_library name)
  cmake_parse_arguments(arg "" "FOLDER" "HEADERS;SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  set(export_dir ${CMAKE_BINARY_DIR}/include/${name})
  file(MAKE_DIRECTORY ${export_dir}/${arg_FOLDER})
  file(GLOB stale ${export_dir}/${arg_FOLDER}/*)
  if(stale)
    file(REMOVE ${stale})
  endif()
  foreach(header IN LISTS arg_HEADERS)
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${arg_FOLDER}/${header} ${export_dir}/${arg_FOLDER}/${header} SYMBOLIC)
  endforeach()
  if(arg_SOURCES)
    add_library(${name} STATIC ${arg_SOURCES})
    target_include_directories(${name} PUBLIC ${export_dir})
    target_link_libraries(${name} PUBLIC ${arg_DEPENDS} PRIVATE ${arg_PRIVATE_DEPENDS} bw_toolchain)
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${export_dir})
    target_link_libraries(${name} INTERFACE ${arg_DEPENDS})
  endif()
endfunction()

# bw_program(NAME [SOURCES ...] [DEPENDS ...]): an executable in bin/.
function(bw_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} bw_toolchain)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${BANDWIDTH_BIN_DIR})
endfunction()
