/* The one function of Windows' bcryptprimitives.dll that Rust programs import, for a Wine without that library:
   fills memory with random bytes, from the system's older source of the same. */

__declspec(dllimport) unsigned char __stdcall SystemFunction036(void *bytes, unsigned long count);

#define LARGEST_PIECE 0x40000000UL

__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *bytes, unsigned long long count) {
  while (count > 0) {
    unsigned long piece = count < LARGEST_PIECE ? (unsigned long)count : LARGEST_PIECE;
    if (!SystemFunction036(bytes, piece))
      return 0;
    bytes += piece;
    count -= piece;
  }
  return 1;
}

int __stdcall DllMainCRTStartup(void *library, unsigned long reason, void *reserved) {
  (void)library, (void)reason, (void)reserved;
  return 1;
}
