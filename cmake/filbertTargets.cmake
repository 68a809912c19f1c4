# What every target here is compiled with, after whatever flags an embedder has set for everything;
# nothing of it reaches an embedder's own targets.
function(filbert_compile target)
  # Only what FILBERT_API marks is exported, and nothing where the library is part of another one.
  set_target_properties(
    ${target}
    PROPERTIES CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               CXX_SCAN_FOR_MODULES OFF) # there are none, and not every compiler has a scanner
  if(MSVC)
    target_compile_options(${target} PRIVATE /EHsc /GR)
  else()
    target_compile_options(${target} PRIVATE -fexceptions -frtti -fthreadsafe-statics)
  endif()
  if(is_top_level)
    filbert_warn(${target})
  else()
    filbert_do_not_warn(${target})
  endif()
  if(FILBERT_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${FILBERT_SANITIZE}
                                             -fno-sanitize-recover=all -fno-omit-frame-pointer)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # finds in instrumented variants what is not there
      target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
    endif()
    target_link_options(${target} PRIVATE -fsanitize=${FILBERT_SANITIZE})
  endif()
endfunction()

function(filbert_warn target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 $<$<BOOL:${FILBERT_WARNINGS_ARE_ERRORS}>:/WX>)
  else()
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror=switch
                                             $<$<BOOL:${FILBERT_WARNINGS_ARE_ERRORS}>:-Werror>)
  endif()
endfunction()

# An embedder's warnings are for the embedder's own sources, and an error in these would be one that
# only filbert can mend.
function(filbert_do_not_warn target)
  target_compile_options(${target} PRIVATE $<IF:$<BOOL:${MSVC}>,/w,-w>)
  set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR OFF)
  foreach(checker CLANG_TIDY CPPCHECK CPPLINT INCLUDE_WHAT_YOU_USE)
    set_property(TARGET ${target} PROPERTY CXX_${checker} "")
  endforeach()
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
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${target} PRIVATE -fno-single-precision-constant)
    endif()
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
    # For speed, whatever the embedder's build type says of size; the tiles need their loops
    # unrolled. No link-time optimisation: it could carry these instructions elsewhere.
    set(speed -O3)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT isa STREQUAL "neon")
      # What these kernels need of -O3. The rest of it copies the code around the tiles, which is
      # 15 KB of a compressed library, and makes little faster.
      set(speed -O2 -fvect-cost-model=dynamic -fpeel-loops -funswitch-loops -fgcse-after-reload
                -ftree-partial-pre -fsplit-paths -fpredictive-commoning)
    endif()
    set(flags ${gcc_flags} $<$<NOT:$<CONFIG:Debug>>:${speed}> -fno-lto)
    # Nothing is thrown through kernels: tables to unwind them would be 30 KB.
    list(APPEND flags -fno-exceptions -fno-asynchronous-unwind-tables)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      list(APPEND flags -Wno-maybe-uninitialized -Wno-uninitialized) # false, in the compiler's own intrinsics
      if(isa STREQUAL "neon")
        # The scheduler hoists loads until tiles spill; a branch on how many lanes exist is not
        # worth a copy of the code that follows it.
        list(APPEND flags -fno-schedule-insns -fno-thread-jumps)
      endif()
    endif()
  endif()
  set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${flags}"
                                                   SKIP_UNITY_BUILD_INCLUSION ON)
  set_property(GLOBAL PROPERTY FILBERT_FLAGS_${isa} "${flags}") # for tests
  string(TOUPPER ${isa} name)
  target_compile_definitions(filbert PRIVATE FILBERT_HAS_${name})
endfunction()
