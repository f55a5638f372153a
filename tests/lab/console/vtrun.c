/* vtrun PROGRAM ARGUMENTS: starts the program with vtshim.dll, from the folder of vtrun itself, loaded into it before
   its first line, and ends with its exit code. */

#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <wchar.h>

enum { NOT_STARTED = 127, NOT_LOADED = 126 };

/* The command line after the first word, which names vtrun itself. */
static WCHAR *rest_of_command_line(void) {
  WCHAR *at = GetCommandLineW();
  WCHAR end = *at == '"' ? '"' : ' ';
  if (*at == '"')
    at++;
  while (*at && *at != end)
    at++;
  if (*at == '"')
    at++;
  while (*at == ' ')
    at++;
  return at;
}

static int path_of_shim(WCHAR path[MAX_PATH]) {
  static const WCHAR name[] = L"vtshim.dll";
  DWORD length = GetModuleFileNameW(NULL, path, MAX_PATH);
  while (length > 0 && path[length - 1] != '\\')
    length--;
  if (length + sizeof name / sizeof *name > MAX_PATH)
    return 0;
  wcscpy(path + length, name);
  return 1;
}

/* Lets a thread of the other program load the library: kernel32 lies at the same address in every program. */
static int load_into(HANDLE program, const WCHAR path[MAX_PATH]) {
  SIZE_T size = MAX_PATH * sizeof *path;
  void *copy = VirtualAllocEx(program, NULL, size, MEM_COMMIT, PAGE_READWRITE);
  if (!copy || !WriteProcessMemory(program, copy, path, size, NULL))
    return 0;
  LPTHREAD_START_ROUTINE load =
      (LPTHREAD_START_ROUTINE)(void *)GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "LoadLibraryW");
  HANDLE thread = CreateRemoteThread(program, NULL, 0, load, copy, 0, NULL);
  return thread && WaitForSingleObject(thread, 10000) == WAIT_OBJECT_0;
}

int wmain(void) {
  WCHAR shim[MAX_PATH];
  STARTUPINFOW start = {.cb = sizeof start};
  PROCESS_INFORMATION program;
  DWORD code = NOT_STARTED;
  GetStartupInfoW(&start);
  if (!path_of_shim(shim) ||
      !CreateProcessW(NULL, rest_of_command_line(), NULL, NULL, TRUE, CREATE_SUSPENDED, NULL, NULL, &start, &program))
    return NOT_STARTED;
  if (!load_into(program.hProcess, shim)) {
    TerminateProcess(program.hProcess, NOT_LOADED);
    return NOT_LOADED;
  }
  /* Ctrl-C is for the program, not for the one that waits for it. */
  SetConsoleCtrlHandler(NULL, TRUE);
  ResumeThread(program.hThread);
  WaitForSingleObject(program.hProcess, INFINITE);
  GetExitCodeProcess(program.hProcess, &code);
  return (int)code;
}
