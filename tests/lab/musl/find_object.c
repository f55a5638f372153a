/* _dl_find_object for musl: finds the unwind tables of the code at an address.

   Debian's libgcc_eh.a asks this function of glibc 2.35 and later, which musl lacks. The layout of the answer is glibc's
   (its manual, "Dynamic Linker Introspection"), as libgcc expects it on x86-64. */

#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <stddef.h>

/* libgcc calls these where they exist, but does not ask for them: a static program without them would call nothing. */
__attribute__((used)) static void *const called_by_libgcc[] = {
    pthread_once,       pthread_mutex_lock,  pthread_mutex_unlock,
    pthread_key_create, pthread_getspecific, pthread_setspecific,
};

struct dl_find_object {
  unsigned long long flags;
  void *map_start, *map_end;
  struct link_map *link_map;
  void *eh_frame; /* the index of the tables: .eh_frame_hdr */
  unsigned long long reserved[7];
};

struct search {
  ElfW(Addr) address;
  struct dl_find_object *found;
};

static int look_into(struct dl_phdr_info *object, size_t size, void *data) {
  struct search *search = data;
  ElfW(Addr) start = 0, end = 0, tables = 0;
  (void)size;
  for (int at = 0; at < object->dlpi_phnum; at++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[at];
    ElfW(Addr) from = object->dlpi_addr + part->p_vaddr;
    if (part->p_type == PT_LOAD && search->address >= from && search->address < from + part->p_memsz)
      start = from, end = from + part->p_memsz;
    if (part->p_type == PT_GNU_EH_FRAME)
      tables = from;
  }
  if (!end || !tables)
    return 0;
  *search->found = (struct dl_find_object){
      .map_start = (void *)start,
      .map_end = (void *)end,
      .eh_frame = (void *)tables,
  };
  return 1;
}

int _dl_find_object(void *address, struct dl_find_object *found) {
  struct search search = {(ElfW(Addr))address, found};
  return dl_iterate_phdr(look_into, &search) ? 0 : -1;
}
