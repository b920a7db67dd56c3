"""The German texts of the room Streams and size, by their English ones."""

from __future__ import annotations

GERMAN = {
    "Three streams": "Drei Ströme",
    "Size and loss": "Größe und Verlust",
    "A jump, or the measure": "Ein Sprung oder das Maß",
    # three streams
    "One model, one training, three meanings: a decoder predicts the next number, and never learns whether it stands for a letter, a piece of a picture or a sample of sound.": "Ein Modell, ein Training, drei Bedeutungen: Ein Decoder sagt die nächste Zahl vorher und erfährt nie, ob sie für einen Buchstaben, ein Stück Bild oder einen Abtastwert eines Klangs steht.",
    "Draw again": "Neu ziehen",
    "Letters": "Buchstaben",
    "Sound": "Klang",
    "Decoder": "Decoder",
    "Digits drawn from tokens": "Ziffern, aus Tokens gezeichnet",
    "{seconds} s of sound": "{seconds} s Klang",
    "First tokens: {tokens}": "Erste Tokens: {tokens}",
    "Bits per token on texts, images and melodies that the models did not see": "Bits je Token auf Texten, Bildern und Melodien, die die Modelle nicht gesehen haben",
    "{stream}: {vocabulary} tokens, {parameters} parameters, {seen} tokens seen in training, context {context}.": "{stream}: {vocabulary} Tokens, {parameters} Parameter, {seen} Tokens im Training gesehen, Kontext {context}.",
    "May one compare the bits per token of the three streams with each other?": "Darf man die Bits je Token der drei Ströme miteinander vergleichen?",
    "No. A letter, a patch of 16 pixels and a 4000th of a second are different amounts of content, and the vocabularies differ. Within a stream all models predict the same tokens, so there the bits can be compared.": "Nein. Ein Buchstabe, ein Stück aus 16 Pixeln und eine Viertausendstelsekunde sind verschieden viel Inhalt, und die Vokabulare sind verschieden. Innerhalb eines Stroms sagen alle Modelle dieselben Tokens vorher, also sind die Bits dort vergleichbar.",
    # size and loss
    "On logarithmic axes the losses lie near a straight line: a doubling of the parameters, or of the tokens seen, takes off a small share of the loss, here 2 to 10 %.": "Auf logarithmischen Achsen liegen die Verluste nahe einer Geraden: Eine Verdopplung der Parameter oder der gesehenen Tokens nimmt einen kleinen Anteil des Verlusts weg, hier 2 bis 10 %.",
    "Loss by parameters, with the fitted law": "Verlust nach Parametern, mit dem angepassten Gesetz",
    "Loss by tokens seen": "Verlust nach gesehenen Tokens",
    "Trainings": "Trainings",
    "Tokens seen": "Gesehene Tokens",
    "Bits per letter": "Bits je Buchstabe",
    "Exponent of tokens": "Exponent der Tokens",
    "Measured on {windows} windows of {context} letters of a lecture that no model saw. For comparison: unigram {unigram} bits, bigram {bigram}. The interval of the law is the bootstrap's over windows and trainings.": "Gemessen auf {windows} Fenstern aus {context} Buchstaben einer Vorlesung, die kein Modell gesehen hat. Zum Vergleich: Unigramm {unigram} Bits, Bigramm {bigram}. Das Intervall des Gesetzes ist das des Bootstraps über Fenster und Trainings.",
    "By this line, how many parameters would halve the loss? Would they?": "Wie viele Parameter würden nach dieser Geraden den Verlust halbieren? Täten sie es?",
    "The line says N times 2^(1/α), a factor above 10^10 with the α found here. But all sizes saw the same few letters here: with more parameters the text would be the limit, and the line would bend. Language also has a rest that no model can predict, below which no loss falls.": "Die Gerade sagt N mal 2^(1/α), mit dem α von hier ein Faktor über 10^10. Doch alle Größen haben hier dieselben wenigen Buchstaben gesehen: Bei mehr Parametern wäre der Text die Grenze, und die Gerade böge sich. Außerdem hat Sprache einen Rest, den kein Modell vorhersagen kann und unter den kein Verlust fällt.",
    # sums
    "Judged by whole sums, small models can do nothing and a larger one can; judged by the loss per digit, already the smallest differ.": "Nach ganzen Summen beurteilt, können kleine Modelle nichts und ein größeres kann es; nach dem Verlust je Ziffer beurteilt, unterscheiden sich schon die kleinsten.",
    "Share of sums that are right": "Anteil richtiger Summen",
    "Loss per digit in bits": "Verlust je Ziffer in Bits",
    "Sums seen": "Gesehene Summen",
    "Right digits": "Richtige Ziffern",
    "Right digits, cubed": "Richtige Ziffern, hoch drei",
    "Bits per digit": "Bits je Ziffer",
    "Sums of two numbers below 100, written from the last digit on (47+85=231 is 132), 1,000 of 10,000 held out.": "Summen zweier Zahlen unter 100, von der letzten Ziffer an geschrieben (47+85=231 ist 132), 1 000 von 10 000 zurückgehalten.",
    "Is the rise of exact match an ability that appears at a certain size?": "Ist der Anstieg der exakten Treffer eine Fähigkeit, die bei einer bestimmten Größe auftritt?",
    "Partly it is the measure. A sum is right if all three digits are; with a share p of right digits that is about p^3, which stays near 0 for long and then rises steeply, although p rises evenly (Schaeffer et al. 2023). What the measure alone cannot make is a rise of p.": "Zum Teil ist es das Maß. Eine Summe ist richtig, wenn alle drei Ziffern es sind; bei einem Anteil p richtiger Ziffern ist das etwa p^3, was lange nahe 0 bleibt und dann steil steigt, obwohl p gleichmäßig steigt (Schaeffer et al. 2023). Was das Maß allein nicht erzeugen kann, ist ein Anstieg von p.",
}
