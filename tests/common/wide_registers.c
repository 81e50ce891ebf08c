/* Lets User Mode Linux 6.1 run on processors whose registers take more room than it has.
 *
 * Its buffer holds those of AVX-512. With AMX there are more, the kernel takes all of them or none back, and the guest dies
 * at its first process. Loaded in front of the C library, this gives it the first part of the registers and puts back the
 * rest as it was. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

/* The largest today are 11008 bytes. */
static char all[1 << 16];

long ptrace(enum __ptrace_request request, ...) {
  static long (*next)(enum __ptrace_request, ...);
  if (!next) next = (long (*)(enum __ptrace_request, ...))dlsym(RTLD_NEXT, "ptrace");
  va_list arguments;
  va_start(arguments, request);
  pid_t pid = va_arg(arguments, pid_t);
  void *address = va_arg(arguments, void *);
  void *data = va_arg(arguments, void *);
  va_end(arguments);
  int reads = request == PTRACE_GETREGSET, writes = request == PTRACE_SETREGSET;
  if ((long)address != NT_X86_XSTATE || !(reads || writes)) return next(request, pid, address, data);
  struct iovec *part = data, whole = {all, sizeof all};
  long result = next(PTRACE_GETREGSET, pid, address, &whole);
  if (result < 0) return result;
  if (part->iov_len > whole.iov_len) part->iov_len = whole.iov_len;
  if (reads) {
    memcpy(part->iov_base, all, part->iov_len);
    return 0;
  }
  memcpy(all, part->iov_base, part->iov_len);
  return next(PTRACE_SETREGSET, pid, address, &whole);
}
