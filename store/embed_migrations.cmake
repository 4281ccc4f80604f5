# cmake -DFOLDER=<migrations> -DOUTPUT=<file.cpp> -P embed_migrations.cmake
# Writes every NNNN_name.sql, with its SHA-256, into a C++ source, so that the program needs no file at run time.
file(GLOB files "${FOLDER}/*.sql")
list(SORT files)
set(entries "")
foreach(file IN LISTS files)
  get_filename_component(stem "${file}" NAME_WE)
  if(NOT stem MATCHES "^0*([1-9][0-9]*)_(.+)$")
    message(FATAL_ERROR "${file}: a migration is called NNNN_name.sql")
  endif()
  set(version "${CMAKE_MATCH_1}")
  set(name "${CMAKE_MATCH_2}")
  file(READ "${file}" sql)
  file(SHA256 "${file}" checksum)
  string(APPEND entries "    {${version}, \"${name}\", \"${checksum}\", R\"mosaic_sql(${sql})mosaic_sql\"},\n")
endforeach()
file(WRITE "${OUTPUT}.new" "// Written by store/embed_migrations.cmake.
#include \"store/migrations.hpp\"

namespace mosaic {

std::span<const Migration> embedded_migrations() {
  static constexpr Migration migrations[] = {
${entries}  };
  return migrations;
}

}  // namespace mosaic
")
file(RENAME "${OUTPUT}.new" "${OUTPUT}")
