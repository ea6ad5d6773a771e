option(JOULERIG_SANITIZE "Build with this sanitizer: address (with undefined), thread, or OFF" OFF)
option(JOULERIG_COVERAGE "Build for gcov" OFF)

# -ffp-contract=off: analysis gives the same bits on every machine with the same build.
add_compile_options(-Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wformat=2 -ffp-contract=off -fno-common)
add_compile_definitions(_GNU_SOURCE _FILE_OFFSET_BITS=64)

if(JOULERIG_SANITIZE STREQUAL "address")
	add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
	add_link_options(-fsanitize=address,undefined)
elseif(JOULERIG_SANITIZE STREQUAL "thread")
	add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
	add_link_options(-fsanitize=thread)
endif()
if(JOULERIG_COVERAGE)
	add_compile_options(--coverage)
	add_link_options(--coverage)
endif()
