/** Words that show the purpose of a form or link, such as a login. */

export const LOGIN = /log.?in|log.?on|sign.?in|anmelden|connexion|acceder|entrar/;
export const REGISTER = /regist|sign.?up|create.{0,12}account|join|reset|forgot|newsletter|subscribe|search/;
/**
 * Matches text and path of links that may log out, even by opening them. Words such as `leave` or `exit` count only if
 * they are the whole text of the link.
 */
export const LOGOUT =
  /log.?out|log.?off|sign.?out|sign.?off|end.session|abmelden|d[eé]connexion|salir|cerrar|uitloggen|wyloguj|logga.?ut|esci\b|выйти|выход|登出|退出|ログアウト|로그아웃|^\s*(leave|exit|quit|bye|disconnect)\s+\//;

/** Words that certainly mean a field for a one-time code. */
export const CODE = /one.?time|otp|2fa|mfa|two.?(factor|step)|authenticator/;
/** Words of a page or form that may contain a field for a one-time code. */
export const CODE_PAGE = /one.?time|otp|2fa|mfa|two.?(factor|step)|authenticat|verification|challenge/;

/** Words of forms that init never sends, because they may delete, pay, send mail or change who can log in. */
export const UNSAFE =
  /delet|remov|destroy|drop|clear|empty|cancel|pay|checkout|order|buy|purchas|donat|transfer|withdraw|refund|billing|card.?number|iban|mail|invit|send|message|contact|share|publish|notif|password|passwd|pwd|secret|token|2fa|otp|account|profile|settings|username|phone|address|admin|role|permission|grant|import|upload|deploy|restart|shutdown|log.?out|sign.?out|unsubscrib|deactivat|close|renam|truncat|database|reboot|restore|backup|install|revok|migrat|privileg|terminat/;
