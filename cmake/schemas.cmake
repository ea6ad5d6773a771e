# schemas/*.schema.json are built into the program as C strings, so that the file editors use is the file that decides:
# `extern const char schema_plan[];` for schemas/plan.schema.json (declared in host/config/schemas.h).
file(GLOB schema_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schemas/*.schema.json)
set(schema_source ${CMAKE_BINARY_DIR}/schemas.c)
add_custom_command(OUTPUT ${schema_source}
	COMMAND ${CMAKE_COMMAND} -DOUTPUT=${schema_source} "-DFILES=${schema_files}" -P ${CMAKE_SOURCE_DIR}/cmake/embed.cmake
	DEPENDS ${schema_files} ${CMAKE_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
