# The rig's firmware, by a project of its own with its own compiler; its products stand in the build's folder `firmware`.
# Without ccache, which may hand out what another folder compiled, with its paths: the same sources are to give the same bytes.
find_program(ARM_GCC arm-none-eabi-gcc)
if(ARM_GCC)
	set(with_firmware ON)
else()
	set(with_firmware OFF)
endif()
option(JOULERIG_FIRMWARE "Build the rig's firmware (arm-none-eabi-gcc)" ${with_firmware})
if(NOT JOULERIG_FIRMWARE)
	return()
endif()

include(ExternalProject)
ExternalProject_Add(firmware
	SOURCE_DIR ${CMAKE_SOURCE_DIR}/firmware
	BINARY_DIR ${CMAKE_BINARY_DIR}/firmware
	PREFIX ${CMAKE_BINARY_DIR}/firmware-external
	CMAKE_ARGS -DCMAKE_TOOLCHAIN_FILE=${CMAKE_SOURCE_DIR}/firmware/arm.cmake -DFIRMWARE_VERSION=${PROJECT_VERSION}
		-DCMAKE_C_COMPILER_LAUNCHER= -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
	INSTALL_COMMAND ""
	BUILD_ALWAYS ON
	USES_TERMINAL_BUILD ON)
