include(CMakeFindDependencyMacro)
find_dependency(filbert)
include("${CMAKE_CURRENT_LIST_DIR}/parentTargets.cmake")
