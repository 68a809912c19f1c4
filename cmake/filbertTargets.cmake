# What every target here is compiled with; nothing of it reaches an embedder's own targets.
function(filbert_compile target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 $<$<BOOL:${FILBERT_WARNINGS_ARE_ERRORS}>:/WX>)
  else()
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                             $<$<BOOL:${FILBERT_WARNINGS_ARE_ERRORS}>:-Werror>)
  endif()
  if(FILBERT_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${FILBERT_SANITIZE}
                                             -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(${target} PRIVATE -fsanitize=${FILBERT_SANITIZE})
  endif()
endfunction()

# The floating-point rules of docs/numerics.md, clause 10, after whatever flags an embedder set.
function(filbert_strict_floats target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /fp:precise)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
      target_compile_options(${target} PRIVATE /clang:-ffp-contract=off /clang:-fno-fast-math)
    endif()
  else()
    target_compile_options(${target} PRIVATE -fno-fast-math -ffp-contract=off -fno-math-errno
                                             -fno-trapping-math)
  endif()
endfunction()

# src/kernels/<isa>.cpp, compiled with that instruction set's flags and no others'.
function(filbert_add_isa isa gcc_flags msvc_flags)
  if(NOT isa IN_LIST FILBERT_ISAS)
    return()
  endif()
  set(source src/kernels/${isa}.cpp)
  target_sources(filbert PRIVATE ${source})
  if(MSVC)
    set(flags ${msvc_flags})
  else()
    # -O3 whatever the embedder's build type says of size; the tiles need their loops unrolled. No
    # link-time optimisation: it could carry these instructions elsewhere.
    set(flags ${gcc_flags} $<$<NOT:$<CONFIG:Debug>>:-O3> -fno-lto)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      list(APPEND flags -Wno-maybe-uninitialized -Wno-uninitialized) # false, in the compiler's own intrinsics
      if(isa STREQUAL "neon")
        # The scheduler hoists loads until tiles spill; a branch on how many lanes exist is not
        # worth a copy of the code that follows it.
        list(APPEND flags -fno-schedule-insns -fno-thread-jumps)
      endif()
    endif()
  endif()
  set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${flags}")
  set_property(GLOBAL PROPERTY FILBERT_FLAGS_${isa} "${flags}") # for tests
  string(TOUPPER ${isa} name)
  target_compile_definitions(filbert PRIVATE FILBERT_HAS_${name})
endfunction()
