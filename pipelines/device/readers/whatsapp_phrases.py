"""What WhatsApp writes into its text exports itself, in the languages known here, without marks and final full stops.

A phrase in another language is read as a text of its sender: nothing is lost, but nothing is marked.
"""

from __future__ import annotations

import re

OMITTED = {  # media type, where the phrase says it
    "media omitted": None, "medien ausgeschlossen": None, "multimedia omitido": None, "archivo omitido": None,
    "médias omis": None, "media omessi": None, "media omesso": None, "mídia oculta": None,
    "ficheiro não revelado": None,
    "arquivo de mídia oculto": None, "media weggelaten": None, "pominięto multimedia": None, "plik pominięto": None,
    "media omisă": None, "fișier media omis": None, "medya dahil edilmedi": None, "без медиафайлов": None,
    "تم استبعاد الوسائط": None, "media u hoq": None,
    "image omitted": "image/*", "bild weggelassen": "image/*", "imagen omitida": "image/*", "image absente": "image/*",
    "immagine omessa": "image/*", "imagem ocultada": "image/*", "afbeelding weggelaten": "image/*",
    "obraz pominięto": "image/*", "imagine omisă": "image/*", "görüntü dahil edilmedi": "image/*",
    "video omitted": "video/*", "video weggelassen": "video/*", "video omitido": "video/*", "vidéo absente": "video/*",
    "video omesso": "video/*", "vídeo omitido": "video/*", "video weggelaten": "video/*", "wideo pominięto": "video/*",
    "video omis": "video/*", "gif omitted": "video/*", "gif weggelassen": "video/*", "gif omitido": "video/*",
    "gif retiré": "video/*", "gif esclusa": "video/*", "video note omitted": "video/*",
    "audio omitted": "audio/*", "audio weggelassen": "audio/*", "audio omitido": "audio/*", "audio omis": "audio/*",
    "audio omesso": "audio/*", "áudio ocultado": "audio/*", "audio weggelaten": "audio/*",
    "sticker omitted": "image/*", "sticker weggelassen": "image/*", "sticker omitido": "image/*",
    "sticker omis": "image/*", "sticker non incluso": "image/*", "figurinha omitida": "image/*",
    "document omitted": None, "dokument weggelassen": None, "documento omitido": None, "document manquant": None,
    "documento omesso": None, "document weggelaten": None, "contact card omitted": None,
    "kontaktkarte ausgelassen": None,
    "tarjeta de contacto omitida": None, "fiche contact manquante": None, "voice message omitted": "audio/*",
}  # fmt: skip
ATTACHED = {
    "file attached", "datei angehängt", "archivo adjunto", "fichier joint", "file allegato", "arquivo anexado",
    "ficheiro anexado", "bestand bijgevoegd", "załączono plik", "plik dołączony", "fișier atașat", "dosya ekli",
    "файл добавлен", "الملف مرفق", "attached", "anhang", "adjunto", "pièce jointe", "allegato", "anexado", "bijgevoegd",
    "załączono", "atașat", "ekli", "прикреплено", "مرفق",
}  # fmt: skip
DELETED = {
    "this message was deleted", "you deleted this message", "this message was deleted by admin",
    "diese nachricht wurde gelöscht", "du hast diese nachricht gelöscht",
    "se eliminó este mensaje", "eliminaste este mensaje", "este mensaje fue eliminado",
    "ce message a été supprimé", "vous avez supprimé ce message",
    "questo messaggio è stato eliminato", "hai eliminato questo messaggio",
    "mensagem apagada", "esta mensagem foi apagada", "essa mensagem foi apagada", "você apagou esta mensagem",
    "apagou esta mensagem", "dit bericht is verwijderd", "u hebt dit bericht verwijderd",
    "je hebt dit bericht verwijderd",
    "ta wiadomość została usunięta", "usunięto tę wiadomość", "ta wiadomość została przez ciebie usunięta",
    "acest mesaj a fost șters", "ai șters acest mesaj", "bu mesaj silindi", "bu mesajı sildiniz",
    "это сообщение было удалено", "данное сообщение удалено", "вы удалили данное сообщение", "تم حذف هذه الرسالة",
    "ky mesazh u fshi", "tin nhắn này đã bị xóa",
}  # fmt: skip
EDITED = {
    "this message was edited", "diese nachricht wurde bearbeitet", "se editó este mensaje", "ce message a été modifié",
    "questo messaggio è stato modificato", "mensagem editada", "esta mensagem foi editada", "dit bericht is bewerkt",
    "ta wiadomość została zmieniona", "edytowano tę wiadomość", "acest mesaj a fost editat", "bu mesaj düzenlendi",
    "данное сообщение изменено", "تم تعديل هذه الرسالة",
}  # fmt: skip
SYSTEM = re.compile(  # in the middle of a line of the application's own
    "end-to-end encrypted|ende-zu-ende|cifrados? de extremo|chiffrés de bout|crittografat|ponta a ponta"
    "|end-to-end versleuteld|szyfrowane|criptate|uçtan uca|сквозным шифрованием"
    "|created (?:this )?group|changed (?:the|this|their|to)|added |removed | left$|joined using|security code"
    "|hat die gruppe|hat .{1,80} hinzugefügt|hat die gruppe verlassen|sicherheitsnummer"
    "|creó (?:el|este) grupo|añadió a|salió del grupo|cambió |a créé le groupe|a ajouté|est partie?$|a quitté"
    "|ha creato il gruppo|ha aggiunto|ha abbandonato|criou (?:o|este) grupo|adicionou|saiu$"
    "|heeft de groep|heeft .{1,80} toegevoegd|utworzył|dodał|a creat grupul|a adăugat",
    re.IGNORECASE,
)
