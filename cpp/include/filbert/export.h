/* What a shared library of filbert exports. The build says FILBERT_SHARED, to the library and to
 * whoever links it, and FILBERT_BUILDING to the library alone. Without FILBERT_SHARED nothing is
 * marked: that is right for a static library, and for sources compiled into a program. */
#ifndef FILBERT_EXPORT_H
#define FILBERT_EXPORT_H

/* FILBERT_API marks functions and member functions that are not inline.
 * FILBERT_API_TYPE marks classes of which a process has one type_info, and class templates whose
 * instances belong to the library with their inline members. With FILBERT_DLL, of Windows, whoever
 * uses a class has all that for itself, and the instances must not be declared extern. */
#ifndef FILBERT_SHARED
#define FILBERT_API
#define FILBERT_API_TYPE
#elif defined(_WIN32) || defined(__CYGWIN__)
#define FILBERT_DLL
#ifdef FILBERT_BUILDING
#define FILBERT_API __declspec(dllexport)
#else
#define FILBERT_API __declspec(dllimport)
#endif
#define FILBERT_API_TYPE
#else
#define FILBERT_API __attribute__((visibility("default")))
#define FILBERT_API_TYPE __attribute__((visibility("default")))
#endif

#endif
